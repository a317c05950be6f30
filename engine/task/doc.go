// Package task is what people do with the user tasks, approvals,
// acknowledgements and requests for information of runs.
//
// Claims, votes, delegations and the decision live on the task document under
// its own compare-and-set; only the outcome is an event of the run. The
// decision is recorded first and delivered then, as the event "task:<task id>",
// so that the first completion wins and everybody later learns what was
// recorded. A crash in between is found by Tick. A decision may be held back for
// a moment, in which its author can take it back.
//
// Whether a person is among those who may act is decided here; roles and grants
// are the caller's affair.
//
// Entry points: task.go (claims, delegation, listing), answer.go (votes and
// completions).
package task
