"""What every provider's caller needs, whatever SDK it speaks through: operations declared as data, answers with an outcome, every
call recorded.

Nothing here knows an SDK. A provider's caller turns what its SDK returns or raises into an `Answer` (`Codes` says what an error's
code means there), and a page of a listing into a `Page`. `Calls` does the rest: it refuses what nobody declared, stops asking where
asking is in vain, follows listings to their end and writes down every call.
"""
