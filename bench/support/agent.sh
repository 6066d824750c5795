#!/bin/sh
# An agent that costs next to nothing: agent.sh <seconds> <task>, in the task's worktree. Its `sleep` is its work.
[ "$1" = 0 ] || sleep "$1"
mkdir -p work && echo "$2" > "work/$2.txt" && git add "work/$2.txt" && git commit --quiet --message "$2" && : > .claude-task-complete
