"""The demonstration lab on Google Cloud: an organisation as data, served as Google's REST APIs answer, hardened, then weakened."""
