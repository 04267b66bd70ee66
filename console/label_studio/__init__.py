"""The bridge to Label Studio: tasks out, annotations back."""
