"""What was read lately, shared by the processes of a node, never older than said.

LMDB and metrics lie in modules that only the composition root imports.
"""
