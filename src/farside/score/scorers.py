"""All instruments' scorers: NAME.py measures, NAME.yaml says what is expected, under the title of the desk."""

SCORERS: tuple[str, ...] = ("landing", "lfs", "lpr", "rover", "vnis", "biosphere", "portrait", "colour", "relay")
