#!/bin/sh
# What a careful shell script does for one task, the baseline of whole runs:
#
#   life.sh agent|removed|merged <repository> <worktrees> <agent> <seconds> <task>
#
# agent: only the agent, in a worktree that is there. removed: `git worktree add`, the agent, `git worktree remove`.
# merged: the same, and a merge without a checkout into the branch `target` before the worktree is removed.
# Worktrees are registered under a lock, since git's own registrations run into each other, and filled outside of it.
set -e
mode=$1 root=$2 worktrees=$3 agent=$4 seconds=$5 task=$6
tree="$worktrees/$task"
if [ "$mode" != agent ]; then
  flock "$worktrees/lock" git -C "$root" worktree add --quiet --no-checkout --no-track -b "$task" "$tree" main
  git -C "$tree" reset --quiet --hard
fi
cd "$tree"
sh "$agent" "$seconds" "$task"
cd "$root"
[ "$mode" = agent ] && exit 0
if [ "$mode" = merged ]; then
  exec 9>> "$worktrees/merge"
  flock 9
  from=$(git rev-parse refs/heads/target)
  merged=$(git merge-tree --write-tree target "$task")
  git update-ref refs/heads/target "$(git commit-tree "$merged" -p "$from" -p "$task" -m "$task")" "$from"
  exec 9>&-
fi
git worktree remove --force "$tree"
