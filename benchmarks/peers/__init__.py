"""Other programs, each in a process of its own: nothing of them is part of farside, and they know nothing of it.

``scene`` writes a scene once; ``ours``, ``blender_cycles`` and ``mitsuba_direct`` load and render it, on orders that
come as lines of JSON (see ``service``). The last two run in ``.peers``, the environment that ``make peers`` sets up.
``hugin`` runs the programs of another house of panoramas, where Debian's packages of them are installed.
"""
