"""The techniques of Google Cloud as data: what somebody must be allowed to do, and what comes of it."""
