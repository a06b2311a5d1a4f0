# 界面用语。每个词只在这里出现一次；英文见 en.ftl。

app-name = 一盘棋
app-long-name = 一盘棋 · 基层治理指挥调度

class-a = A 类 网格当场处置
class-b = B 类 社区组织力量
class-c = C 类 街道部门处置
class-d = D 类 联席会议与应急

centre-all = 全部
centre-governance = 综治
centre-emergency = 应急
centre-grid = 网格

stage-reported = 待受理
stage-accepted = 待派遣
stage-dispatched = 已派遣
stage-in-hand = 处置中
stage-rectified = 待核查
stage-verified = 待结案
stage-closed = 已结案
stage-refused = 不予受理

step-accept = 受理
step-refuse = 不予受理
step-dispatch = 派遣
step-arrive = 到场
step-rectify = 整改
step-verify = 核查通过
step-send-back = 退回
step-close = 结案

source-patrol = 巡查
source-resident = 居民上报
source-hotline = 热线
source-inspection = 检查
source-petition = 来信来访
source-media = 媒体网络
source-other = 其他

span-minutes = { $n } 分
span-hours = { $n } 时
span-days = { $n } 天
time-left = 还剩 { $span }
time-over = 超 { $span }
time-no-limit = 无时限
distance-m = { $n } 米
distance-km = { $km } 公里
