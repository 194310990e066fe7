"""One module per service: the operations it calls, declared as data, and what it reads with them."""
