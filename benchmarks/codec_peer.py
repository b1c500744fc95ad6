"""pyd3tn's codec in its own process and environment: a JSON line in says what to do, one out says what it took.

    {"do": "encode", "octets": 1024, "count": 20}    ->  {"seconds": 0.01, "bundle": "9f89..."}
    {"do": "decode", "bundle": "9f89...", "count": 20}    ->  {"seconds": 0.01}

Seconds are of this process's CPU. Its parser leaves checksums alone, so they are verified here with its own functions.
"""

from __future__ import annotations

import json
import sys
import time

from pyd3tn import bundle7

CREATED_UNIX_S = 1.7e9


def encode(number: int, payload: bytes) -> bytes:
    return bundle7.serialize_bundle7(
        "ipn:10.1",
        "ipn:200.64",
        payload,
        lifetime=3600,
        sequence_number=number,
        creation_timestamp=CREATED_UNIX_S,
        hop_limit=30,
        bundle_age=0,
        crc_type_primary=bundle7.CRCType.CRC32,
        crc_type_canonical=bundle7.CRCType.CRC32,
    )


def decode(data: bytes) -> None:
    bundle = bundle7.Bundle.parse(data)
    for block in (bundle.primary_block, *bundle.blocks, bundle.payload_block):
        if block.calculate_crc() != block.crc_provided:
            raise ValueError("checksum")


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        answer = {}
        if order["do"] == "encode":
            payload = bytes(range(256)) * (order["octets"] // 256)
            start = time.process_time()
            for number in range(order["count"]):
                data = encode(number, payload)
            answer = {"bundle": data.hex()}
        else:
            data = bytes.fromhex(order["bundle"])
            start = time.process_time()
            for _ in range(order["count"]):
                decode(data)
        print(json.dumps({"seconds": time.process_time() - start, **answer}), flush=True)


if __name__ == "__main__":
    main()
