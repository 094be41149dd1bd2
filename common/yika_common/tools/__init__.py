"""The commands of yika."""
