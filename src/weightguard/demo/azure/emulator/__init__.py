"""A stand-in for Azure on a loopback port, over TLS: signing in, Resource Manager, Resource Graph, vaults, Microsoft Graph, blobs.

It serves a tenant that is data, lets in whoever has the role and the permissions that it is told, pages everything, and fails as
told. What it asks of a caller (audiences, permissions, headers) is written from the providers' documentation and not from what the
collector declares.
"""
