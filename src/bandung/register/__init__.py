"""The shared record of cooperation: two statements of one activity, both kept.

A Django app. Views, the API, importers and commands call `bandung.register.actions`; nothing
else writes. What a reader may see is decided in `bandung.register.visibility` and nowhere else.
"""
