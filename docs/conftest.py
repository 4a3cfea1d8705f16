"""What pytest leaves alone here: the makers of the book, where Sphinx is not installed."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("sphinx") else ["conf.py", "book/*.py"]
