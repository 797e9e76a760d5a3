"""Screens: one file each; `SCREENS` in it says what can be asked there and by whom."""
