"""The register's pages: views read through `visibility`, write through `actions`, decide nothing.

Every page works without JavaScript; htmx saves drafts as one types and fills lists in. Words are
in English here and in the reader's language by gettext; numbers, dates and names by CLDR.
"""
