"""The telemetry store: a Parquet file for each packet type, and one DuckDB database over all of them.

The Parquet files are the record, the same bytes for the same packets. The database is a convenience for questions in
SQL, rebuilt from them; it carries an identifier that DuckDB draws at random, so its bytes differ from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.work import atomic_write

DATABASE = "telemetry.duckdb"
Columns = dict[str, NDArray[Any]]


def write_telemetry(folder: str | Path, name: str, records: NDArray[Any] | Mapping[str, NDArray[Any]]) -> Path:
    """Write decoded packets, a record array or columns (n,) or (n, k), to FOLDER/NAME.parquet; return its path.

    Vectors become lists of fixed length. Raises BadInput for a name that is no SQL identifier.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadInput("telemetry", "name", name, "lower-case letters, digits and underscores")
    if isinstance(records, np.ndarray):
        records = {key: records[key] for key in records.dtype.names or ()}
    return write_columns(Path(folder) / f"{name}.parquet", records)


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> Path:
    """Write columns (n,) or (n, k), vectors as lists of fixed length, to a Parquet file; return its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic_write(path) as part:
        pq.write_table(pa.table({key: _column(values) for key, values in columns.items()}), part, compression="zstd")
    return path


def read_telemetry(folder: str | Path, name: str) -> Columns:
    """Columns of FOLDER/NAME.parquet, (n,) or (n, k). Raises DamagedFile."""
    return read_columns(Path(folder) / f"{name}.parquet")


def read_columns(path: Path) -> Columns:
    """Columns of a Parquet file, (n,) or (n, k). Raises DamagedFile."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DamagedFile(path, f"not a whole table: {error}") from error
    columns: Columns = {}
    for key in table.column_names:
        values = table[key].combine_chunks()
        if pa.types.is_fixed_size_list(values.type):
            flat = values.flatten().to_numpy(zero_copy_only=False)
            columns[key] = flat.reshape(len(values), values.type.list_size)
        else:
            columns[key] = values.to_numpy(zero_copy_only=False)
    return columns


def index_telemetry(folder: str | Path) -> Path:
    """Build the database of all Parquet files in a folder, a table each; return its path."""
    import duckdb

    path = Path(folder) / DATABASE
    with atomic_write(path) as part:
        part.unlink(missing_ok=True)
        with duckdb.connect(str(part)) as database:
            for table in sorted(Path(folder).glob("*.parquet")):
                database.execute(f'CREATE TABLE "{table.stem}" AS SELECT * FROM read_parquet(?)', [str(table)])
            database.execute("CHECKPOINT")
    return path


def _column(values: NDArray[Any]) -> Any:
    import pyarrow as pa

    array = np.ascontiguousarray(values)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim == 1:
        return pa.array(array)
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), array.shape[1])
