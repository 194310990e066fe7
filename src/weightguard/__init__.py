"""weightguard: could somebody steal these model weights, how, and what is the smallest change that stops them?"""

__version__ = "0.1.0"
