"""Attack-path environments as somebody who builds such labs would write them, in the format of ``terraform show -json``."""
