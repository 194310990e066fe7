"""What can be done to resources of Azure to act as the identities that they have: one entry of data a technique."""
