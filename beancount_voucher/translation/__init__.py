"""The faces' other languages: catalogues of words, and the sentences of the core by their forms.

The core speaks English, and knows nothing of this room: what it says is data that people and
tests rely on to the byte. A face that has been asked for another language looks up each text.
"""
