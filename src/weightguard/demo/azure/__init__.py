"""The demonstration lab on Azure: a small frontier lab's tenant as data, weak or hardened, and what serves it."""
