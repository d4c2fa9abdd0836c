"""The Django project that serves the register: settings, addresses, middleware."""
