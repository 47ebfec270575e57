"""What propagates: from a scenario and a random generator to one realised `Channel`.

`channel` is the value and the echo SNR that follows from it; `path_loss` the two echo laws; `direct` the models of the
direct channel, each an entry point of `multistatic.channel_models`; `realise` puts them together, clutter included.
"""
