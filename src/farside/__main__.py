"""``python -m farside``: the same as the command ``farside``."""

from farside.cli import main

if __name__ == "__main__":
    main()
