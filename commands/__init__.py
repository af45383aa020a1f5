"""The commands of `lianzhi`, grouped by what they are about; `lianzhi.py` puts them together."""
