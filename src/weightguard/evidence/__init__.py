"""What a lab hands over: an audit with all that it was judged by, signed, packed, and checked by people who were not there."""
