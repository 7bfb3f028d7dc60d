"""Tests of minutes, resolutions and tasks."""
