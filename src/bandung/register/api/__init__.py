"""The register for programs: OpenAPI 3.1 at ``/api/v1/openapi.json``, bearer tokens, problem+json.

The operations check what they are sent and call the same actions and the same `visibility` as the
pages; nothing here decides what may be seen or done.
"""
