package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cognate.dev/cognate/test/started"
)

// launchCerbos starts Cerbos' own server on a folder of policies. Its binary is one that npm has put among the test
// clients, unless CERBOS names another.
func launchCerbos(b *bench, policies string) (*server, error) {
	binary := os.Getenv("CERBOS")
	if binary == "" {
		found, err := filepath.Glob(filepath.Join(b.policies, "../../test/clients/node_modules/@cerbos/cerbos-*/cerbos-*"))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("no Cerbos to measure against: run npm ci in test/clients, or name one in CERBOS (%v)", found)
		}
		binary = found[0]
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(b.dir, "cerbos.json")
	text := fmt.Sprintf(`{"server":{"httpListenAddr":%q,"grpcListenAddr":%q},"telemetry":{"disabled":true},
		"storage":{"driver":"disk","disk":{"directory":%q,"watchForChanges":true}}}`, ports[0], ports[1], policies)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(b.dir, "cerbos-log-")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &server{pdp: ports[0], grpc: ports[1], log: log.Name()}
	cmd := exec.Command(binary, "server", "--config", config, "--log-level", "error")
	cmd.Stdout, cmd.Stderr = log, log
	s.Program, err = started.StartUntil(cmd, func() bool {
		res, err := http.Get("http://" + s.pdp + "/_cerbos/health")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, 3*time.Minute)
	if err != nil {
		return nil, fmt.Errorf("cerbos: %w\n%s", err, s.tail())
	}
	return s, nil
}

// freePorts are addresses that nobody listens on now.
func freePorts(n int) (addrs []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}

// units is how many units of eight policies there are.
const units = 100

// writeUnits writes policies of the kinds that a company has, over and over under different names.
func writeUnits(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		for name, text := range unit {
			file := filepath.Join(dir, fmt.Sprintf("%s_%d.yaml", name, i))
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "UNIT", fmt.Sprint(i))), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

var unit = map[string]string{
	"roles": `
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: roles_UNIT
  definitions:
    - {name: owner, parentRoles: [user], condition: {match: {expr: R.attr.owner == P.id}}}
    - {name: teammate, parentRoles: [user], condition: {match: {all: {of: [{expr: R.attr.team == "design"}, {expr: R.attr.geography == "GB"}]}}}}
`,
	"leave": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: leave_request_UNIT
  version: default
  importDerivedRoles: [roles_UNIT]
  rules:
    - {actions: ["*"], effect: EFFECT_ALLOW, roles: [admin]}
    - {actions: ["view:*"], effect: EFFECT_ALLOW, derivedRoles: [owner, teammate]}
    - {actions: [create], effect: EFFECT_ALLOW, derivedRoles: [owner]}
    - actions: [approve, defer]
      effect: EFFECT_ALLOW
      roles: [manager]
      condition: {match: {expr: 'R.attr.status == "PENDING_APPROVAL"'}}
`,
	"leave_acme": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: leave_request_UNIT
  version: default
  scope: acme
  importDerivedRoles: [roles_UNIT]
  rules:
    - actions: [create]
      effect: EFFECT_DENY
      derivedRoles: [owner]
      condition: {match: {expr: R.attr.days > 30}}
`,
	"leave_acme_hr": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: leave_request_UNIT
  version: default
  scope: acme.hr
  importDerivedRoles: [roles_UNIT]
  rules:
    - actions: [defer]
      effect: EFFECT_DENY
      roles: ["*"]
    - actions: [approve]
      effect: EFFECT_ALLOW
      derivedRoles: [teammate]
      condition: {match: {any: {of: [{expr: R.attr.days < 3}, {expr: 'R.attr.status == "DRAFT"'}]}}}
`,
	"leave_old": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: leave_request_UNIT
  version: "20210210"
  rules:
    - {actions: ["view:public"], effect: EFFECT_ALLOW, roles: [user]}
`,
	"purchase": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: purchase_order_UNIT
  version: default
  variables:
    local: {small: R.attr.amount < 1000}
  rules:
    - {actions: [view, create], effect: EFFECT_ALLOW, roles: [user]}
    - {actions: [approve], effect: EFFECT_ALLOW, roles: [manager], condition: {match: {expr: V.small}}}
`,
	"salary": `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: salary_record_UNIT
  version: default
  importDerivedRoles: [roles_UNIT]
  rules:
    - {actions: [view], effect: EFFECT_ALLOW, derivedRoles: [owner]}
    - {actions: [edit], effect: EFFECT_ALLOW, roles: [admin]}
`,
	"person": `
apiVersion: api.cerbos.dev/v1
principalPolicy:
  principal: person_UNIT
  version: default
  rules:
    - resource: leave_request_UNIT
      actions:
        - {action: approve, effect: EFFECT_ALLOW}
    - resource: salary_record_UNIT
      actions:
        - action: "*"
          effect: EFFECT_DENY
`,
}
