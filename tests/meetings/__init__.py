"""Tests of meetings: recording, correcting, withdrawing."""
