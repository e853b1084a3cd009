"""Pictures that people upload: made anew in fixed sizes, kept under hashed names, collected when unused.

Drivers (Pillow, obstore, PostgreSQL) lie in modules that only the composition root imports.
"""
