"""One module per family of formats: each `recognise(source, key)` gives a verdict, or None when the bytes are another's.

A parser raises `Damaged` when a header names its format and then contradicts itself or the object's size.
"""
