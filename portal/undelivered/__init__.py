"""What did not arrive goes another way, once; where there is none a colleague asks for one (rule C-51)."""
