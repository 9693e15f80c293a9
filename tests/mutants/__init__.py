"""Mutation testing of policies: each is weakened, one change at a time, and the isolation tests must notice."""
