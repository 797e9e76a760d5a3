"""The holder: a small trusted process that owns one box's files and starts its commands.

It runs apart from Etude, with nothing but the standard library, so that a box lives in a mount
namespace of its own and dies with it.
"""
