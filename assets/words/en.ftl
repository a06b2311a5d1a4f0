# Words of the interface. Chinese first: see zh.ftl.

app-name = Yipanqi
app-long-name = Yipanqi · all on one board

class-a = Class A, settled on the spot
class-b = Class B, community forces
class-c = Class C, a department
class-d = Class D, joint meeting or command

centre-all = All
centre-governance = Governance
centre-emergency = Emergency
centre-grid = Grid

stage-reported = To accept
stage-accepted = To dispatch
stage-dispatched = Dispatched
stage-in-hand = In hand
stage-rectified = To verify
stage-verified = To close
stage-closed = Closed
stage-refused = Refused

step-accept = Accept
step-refuse = Refuse
step-dispatch = Dispatch
step-arrive = Arrived
step-rectify = Rectified
step-verify = Verified
step-send-back = Send back
step-close = Close

source-patrol = Patrol
source-resident = Resident
source-hotline = Hotline
source-inspection = Inspection
source-petition = Petition
source-media = Media
source-other = Other

span-minutes = { $n } min
span-hours = { $n } h
span-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
time-left = { $span } left
time-over = { $span } over
time-no-limit = No limit
distance-m = { $n } m
distance-km = { $km } km
