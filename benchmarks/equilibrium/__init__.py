"""The equilibrium against its peers, against what was asked, and against the machine."""
