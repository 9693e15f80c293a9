"""Measures what protection costs: SQL under policies against a hand-written WHERE, and HTTP against bare drivers."""
