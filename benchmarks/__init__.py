"""Measurements that print numbers beside their goals; nothing here passes or fails."""
