"""Which child gets which place: pure Python, so that anybody can check it (docs/kita.md)."""
