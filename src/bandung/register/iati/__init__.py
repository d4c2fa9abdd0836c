"""Exchange in the format of the International Aid Transparency Initiative, version 2.03.

`standard` finds or fetches the standard's own files, which are not part of this package;
`validating` checks a document against them; `reading` and `writing` turn documents into `Content`
and back. Nothing here knows of the database.
"""
