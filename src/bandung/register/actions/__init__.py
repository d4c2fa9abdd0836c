"""The only writers of the record: each checks the permission, changes, and writes the audit.

Views, the API, importers and commands call these; they raise `RegisterError` and then nothing
was changed.
"""
