"""The demonstration lab on AWS: an organisation on moto, hardened, then weakened."""
