package trigger_test

import (
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/trigger/event"
)

// asks lets the functions ask one question, and give tokens for the right answer to it within two tries.
func (w *world) asks() {
	w.on(event.DefineChallenge, func(e map[string]any) (any, error) {
		taken := e["request"].(map[string]any)["session"].([]any)
		decision := map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": false}
		if n := len(taken); n > 0 {
			last := taken[n-1].(map[string]any)
			decision["issueTokens"] = last["challengeResult"] == true && last["challengeMetadata"] == "SUM"
			decision["failAuthentication"] = n > 1 && decision["issueTokens"] == false
		}
		e["response"] = decision
		return e, nil
	})
	w.on(event.CreateChallenge, says(map[string]any{
		"publicChallengeParameters": map[string]string{"question": "2+3"}, "privateChallengeParameters": map[string]string{"answer": "5"}, "challengeMetadata": "SUM",
	}))
	w.on(event.VerifyChallenge, func(e map[string]any) (any, error) {
		request := e["request"].(map[string]any)
		right := request["privateChallengeParameters"].(map[string]any)["answer"] == request["challengeAnswer"]
		return says(map[string]any{"answerCorrect": right})(e)
	})
}

func (w *world) startCustom(name string) (*signin.Answer, error) {
	return w.machine.Initiate(w.t.Context(), signin.Start{
		Pool: w.pool, Client: w.client, Flow: "CUSTOM_AUTH", Params: map[string]string{"USERNAME": name},
	})
}

func (w *world) answer(session, name, answer string) (*signin.Answer, error) {
	return w.machine.Respond(w.t.Context(), signin.Reply{
		Pool: w.pool, Client: w.client, Challenge: "CUSTOM_CHALLENGE", Session: session,
		Answers: map[string]string{"USERNAME": name, "ANSWER": answer}, ClientMetadata: metadata,
	})
}

func TestFunctionsDefineASignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.asks()
	asked, err := w.startCustom("alice")
	w.check(err)
	if asked.Challenge != signin.CustomChallenge || asked.Params["question"] != "2+3" || asked.Params["answer"] != "" {
		t.Errorf("got %+v", asked)
	}
	again, err := w.answer(asked.Session, "alice", "4")
	w.check(err)
	done, err := w.answer(again.Session, "alice", "5")
	w.check(err)
	if done.Tokens == nil {
		t.Errorf("got %+v", done)
	}
	asked, err = w.startCustom("alice")
	w.check(err)
	asked, err = w.answer(asked.Session, "alice", "4")
	w.check(err)
	_, err = w.answer(asked.Session, "alice", "4")
	refused(t, err, "", "Incorrect username or password.")
}

func TestFunctionsNeverGiveTokensToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hides)
	w.asks()
	asked, err := w.startCustom("nobody")
	w.check(err)
	_, err = w.answer(asked.Session, asked.Params["USERNAME"], "5")
	refused(t, err, "", "Incorrect username or password.")
}

func TestAFailingChallengeFunctionRefuses(t *testing.T) {
	t.Parallel()
	for source, want := range map[event.Source]string{
		event.DefineChallenge: "DefineAuthChallenge failed with error no.", event.CreateChallenge: "CreateAuthChallenge failed with error no.",
		event.VerifyChallenge: "VerifyAuthChallengeResponse failed with error no.",
	} {
		w := newWorld(t)
		w.user("alice", directory.Confirmed)
		w.asks()
		w.on(source, throws("no"))
		asked, err := w.startCustom("alice")
		if source == event.VerifyChallenge {
			w.check(err)
			_, err = w.answer(asked.Session, "alice", "5")
		}
		refused(t, err, fault.Lambda, want)
	}
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSpec) { delete(p.Lambda.ARNs, "CreateAuthChallenge") })
	w.user("alice", directory.Confirmed)
	w.asks()
	_, err := w.startCustom("alice")
	refused(t, err, "", "Custom auth lambda trigger is not configured for the user pool.")
}
