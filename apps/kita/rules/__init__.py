"""By which rules places are given, and until when one registers for which round."""
