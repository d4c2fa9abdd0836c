"""Keeping a register: opening, serving, backing up, restoring, moving to another database."""
