"""The screen kit that node and headquarters share."""
