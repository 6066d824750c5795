#!/bin/sh
# An agent that commits one file at once and ends when it is told to: waiting-agent.sh <folder> <task>, told by a file
# <folder>/<task>, with its exit code in it.
mkdir -p work && echo "$2" > "work/$2.txt" && git add "work/$2.txt" && git commit --quiet --message "$2" && : > .claude-task-complete
mkfifo "$1/$2" && read -r code < "$1/$2"
exit "$code"
