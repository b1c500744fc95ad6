"""Service numbers of the bundles a flight sends: what a payload is, without looking inside."""

TELEMETRY = 1
"""Concatenated space packets, to mission control."""
RECORDS = 2
"""One instrument record, to mission control."""
SEQUENCES = 3
"""One compressed command sequence, to a vehicle."""
