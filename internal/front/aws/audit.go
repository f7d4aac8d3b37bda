package aws

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// Reads says whether an operation changes nothing and gives nothing out that it makes: such are not recorded.
func Reads(operation string) bool {
	switch operation {
	case "GetUserAttributeVerificationCode", "GetTokensFromRefreshToken", "GetId", "GetOpenIdToken",
		"GetOpenIdTokenForDeveloperIdentity", "GetCredentialsForIdentity":
		return false // they send codes, make identities or give out tokens
	case "LookupDeveloperIdentity", "IsAuthorized", "IsAuthorizedWithToken", "BatchIsAuthorized", "BatchIsAuthorizedWithToken", "BatchGetPolicy":
		return true
	}
	name := strings.TrimPrefix(operation, "Admin")
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
}

// noteOperation puts an operation that is to be recorded on the act of the request.
func noteOperation(ctx context.Context, c *Call) {
	if Reads(c.Operation) {
		return
	}
	audit.Note(ctx, func(r *audit.Record) { r.Operation, r.Request = c.Operation, c.RequestID })
}

// noteTargets notes who signed, and lets what the request and the answer name be noted.
func noteTargets(ctx context.Context, c *Call) context.Context {
	if Reads(c.Operation) {
		return ctx
	}
	if c.AccessKeyID != "" {
		audit.NoteActor(ctx, audit.Key, c.AccessKeyID)
	}
	return awsjson.WithSeer(ctx, func(in, out any) {
		audit.Note(ctx, func(r *audit.Record) {
			if out == nil {
				noteInput(r, reflect.ValueOf(in).Elem())
				return
			}
			noteOutput(r, reflect.ValueOf(out).Elem())
		})
	})
}

// noteFailure notes the exception. What was turned away because there is too much of it was not tried.
func noteFailure(ctx context.Context, name string, err error) {
	audit.Note(ctx, func(r *audit.Record) {
		r.Outcome = name
		if fault.Is(err, fault.Throttled, "") {
			r.Operation = ""
		}
	})
}

// named are the members that say what else an operation is about.
var named = []string{
	"GroupName", "ProviderName", "Domain", "Identifier", "ResourceServerIdentifier", "ResourceArn", "JobId", "DeviceKey", "CredentialId",
	"ManagedLoginBrandingId", "TermsId", "EventId", "ClientSecretId", "RegionName",
	"PolicyStoreId", "AliasName", "IdentityPoolId", "IdentityId",
}

// parts are the members that say which part of a policy store an operation is about.
var parts = []string{"PolicyId", "PolicyTemplateId", "IdentitySourceId"}

// told are members with a word of the protocol, fit for details.
var told = []string{"AuthFlow", "ChallengeName", "IdentityId", "IdentityProviderName", "CustomRoleArn"}

// noteInput takes names from a request, and nothing else: values may be secret.
func noteInput(r *audit.Record, in reflect.Value) {
	r.Pool, r.Client = or(member(in, "UserPoolId"), r.Pool), or(member(in, "ClientId"), r.Client)
	login := member(in, "Username")
	for _, answers := range []string{"AuthParameters", "ChallengeResponses"} {
		if f := in.FieldByName(answers); f.IsValid() && f.Kind() == reflect.Map {
			if given, ok := f.Interface().(map[string]string); ok {
				login = or(given["USERNAME"], login)
			}
		}
	}
	if r.Actor.Kind == audit.Key {
		r.User = login
	} else {
		r.Login = login
	}
	for _, name := range named {
		switch value := member(in, name); {
		case value == "":
		case name == "GroupName":
			r.Group = value
		default:
			r.Resource = or(r.Resource, name+"/"+value)
		}
	}
	if ids, ok := field(in, "IdentityIdsToDelete").([]string); ok {
		noteDetail(r, "IdentityIds", strings.Join(ids, " "))
	}
	for _, name := range told {
		if value := member(in, name); value != "" {
			noteDetail(r, name, value)
		}
	}
	noteParts(r, in)
	flow := member(in, "AuthFlow")
	r.Refresh = r.Operation == "GetTokensFromRefreshToken" || slices.Contains([]string{"REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"}, flow)
}

// noteOutput takes the ids of what was made, and what a sign-in asks next.
func noteOutput(r *audit.Record, out reflect.Value) {
	if sub := member(out, "UserSub"); sub != "" {
		r.User = sub
	}
	if next := member(out, "ChallengeName"); next != "" {
		noteDetail(r, "Next", next)
	}
	noteParts(r, out)
	if store := member(out, "PolicyStoreId"); store != "" && r.Resource == "" {
		r.Resource = "PolicyStoreId/" + store
	}
	r.Pool = or(r.Pool, member(inner(out, "UserPool"), "Id"))
	r.Client = or(r.Client, member(inner(out, "UserPoolClient"), "ClientId"))
	if job := member(inner(out, "UserImportJob"), "JobId"); job != "" {
		r.Resource = or(r.Resource, "JobId/"+job)
	}
	if pool := member(out, "IdentityPoolId"); pool != "" {
		r.Resource = or(r.Resource, "IdentityPoolId/"+pool)
	}
	if identity := member(out, "IdentityId"); identity != "" {
		noteDetail(r, "IdentityId", identity)
	}
	if key := member(inner(out, "Credentials"), "AccessKeyId"); key != "" {
		noteDetail(r, "AccessKeyId", key)
	}
	if r.User == "" {
		r.User = member(inner(out, "User"), "Username")
	}
}

// noteParts takes the ids of parts of a policy store.
func noteParts(r *audit.Record, v reflect.Value) {
	for _, name := range parts {
		if id := member(v, name); id != "" {
			noteDetail(r, name, id)
		}
	}
}

func noteDetail(r *audit.Record, name, value string) {
	if r.Detail == nil {
		r.Detail = map[string]string{}
	}
	r.Detail[name] = value
}

// member is a text of a struct, by the name that the protocol has for it; empty: there is none.
func member(v reflect.Value, name string) string {
	if v.Kind() != reflect.Struct {
		return ""
	}
	if s, ok := field(v, name).(*string); ok && s != nil {
		return *s
	}
	return ""
}

func inner(v reflect.Value, name string) reflect.Value {
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	f := v.FieldByName(name)
	if f.IsValid() && f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	return f
}

func field(v reflect.Value, name string) any {
	if f := v.FieldByName(name); f.IsValid() {
		return f.Interface()
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
