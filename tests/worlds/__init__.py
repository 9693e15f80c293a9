"""Two worlds that differ only in what a caller may not see give that caller the same answers, to the byte."""
