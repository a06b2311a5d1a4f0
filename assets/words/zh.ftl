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

# 顶栏
strip-reported = 待受理 { $n }
strip-accepted = 待派遣 { $n }
strip-in-hand = 处置中 { $n }
strip-to-verify = 待核查 { $n }
strip-to-close = 待结案 { $n }
strip-overdue = 超期 { $n }
strip-counter-hint = 未结案件，按当前中心统计；处置中含已派遣
strip-seat = { $seat } 号席 · { $post }
strip-sample = 样例日
strip-fresh = 数据刚刚更新
strip-age = 数据 { $n } 秒前
strip-age-hint = 距台账上一次应答的时间
strip-failed = 台账无应答
strip-import = 导入
strip-report = 上报

# 操作
deed-down = 下一件
deed-up = 上一件
deed-next-step = 走下一步
deed-confirm = 确认表单
deed-back = 返回、取消
deed-report = 手工录入案件
deed-import = 导入文件
deed-queue-a = A 类队列
deed-queue-b = B 类队列
deed-queue-c = C 类队列
deed-queue-d = D 类队列
deed-centre-all = 全部中心
deed-centre-governance = 只看综治中心
deed-centre-emergency = 只看应急指挥中心
deed-centre-grid = 只看网格管理中心
deed-zoom-in = 地图放大
deed-zoom-out = 地图缩小
deed-home = 看全街道
deed-look-at = 地图移到所选案件
deed-pan = 移动地图
deed-theme = 深色 / 浅色
deed-language = 中文 / English
deed-settings = 设置
deed-help = 快捷键

# 队列
queue-empty = 这一类没有未结案件
queue-empty-others = 其他类别还有 { $n } 件，按 1–4 切换
queue-empty-centre = 其他中心还有 { $n } 件，按 Ctrl+0 看全部
place-outside = 不在本街道范围内
place-unknown = 地点不详
place-area-only = 只知道所在区域，没有准确位置
place-words-only = 只有文字描述的地点

# 案件单
sheet-nothing = 没有选中案件
sheet-nothing-hint = 在队列或地图上点一件，或按 ↓ 选第一件
due-working = 时限 { $hours } 工作时，到 { $due }
due-wall = 时限 { $hours } 小时（自然时），到 { $due }
due-imported = 到 { $due }（导入时按文件或目录确定）
due-year-unknown = 这一年的节假日安排未收录，只按周末计算
step-dispatch-again = 改派
step-not-yours = 本席岗位无权办理这一步，可在设置中换岗
form-writing = 正在写入台账…
form-cancel = 取消
form-hint-refuse = 为什么不予受理，应由谁办理（必填）
form-hint-send-back = 哪里不合格，要怎么改（必填）
form-hint-rectify = 做了什么、结果怎样（必填）
form-hint-note = 备注（可不填）
photos-title = 照片
photos-before = 整改前
photos-after = 整改后
photos-hint = 选择照片（JPEG、PNG），也可以拖到窗口里
photos-remove = 点一下移除这张照片
photos-missing = 台账里没有这张照片
photos-no-form = 先打开录入或整改表单，再拖入照片
fact-text = 内容
fact-stated = 所述地点
fact-reported = 上报时间
fact-due = 办结期限
fact-ended = 办结时间
fact-source = 来源
fact-item = 事项
fact-handler = 承办
fact-origin = 导入自
fact-place = 位置
answerable-title = 这一点谁负责
answerable-none = 不在本街道已知的社区内，没有责任人
answerable-block = 街区
answerable-party-grid = 党建网格
answerable-base-grid = 基础网格
answerable-community = 社区
answerable-show = 在地图上标出
sample-person = 样例人员，并非真人

# 派遣
dispatch-narrow = 输入名称筛选，↑↓ 选择，回车派遣
dispatch-nobody = 没有符合的岗位或队伍
dispatch-duty = { $place } 责任
dispatch-town = 全街道
dispatch-elsewhere = { $place }，不在责任区
dispatch-load = 手上 { $n } 件
dispatch-load-of = 手上 { $n } / { $of } 件
dispatch-full = 已满

# 经过
timeline-title = 经过
timeline-imported = 从文件导入
timeline-reported = 上报
timeline-dispatched = 派遣给 { $to }
timeline-rectified-photos = 整改，附照片 { $n } 张

# 话语
said-done = { $case } 号：{ $step } 已记入台账
said-reported = 已录入 { $case } 号案件
said-select-first = 先选中一件案件
store-failed = 台账出错（{ $what }）：{ $error }
store-full = 磁盘已满，{ $path } 写不进去。请先腾出空间再试；此前已确认的内容都在。
dialog-photos = 选择照片
dialog-import = 选择要导入的表格
dialog-kind-photos = 照片
dialog-kind-tables = 表格

# 不能办的原因
refusal-unknown-post = 本街道没有岗位 { $actor }，请在设置中选择岗位
refusal-not-allowed = 本席岗位无权办理，可在设置中换岗
refusal-not-open = { $case } 号不在未结案件中
refusal-moved-on = 这件案件刚被其他席位办过，请看清最新情况再办；填写的内容已保留
refusal-not-now = “{ $stage }”时不能“{ $step }”，现在可以：{ $possible }
refusal-words-missing = “{ $step }”需要写明原因或情况
refusal-nobody = 请选择派给谁
refusal-unknown-handler = 本街道没有 { $handler }
refusal-already-there = 已经派给了这个岗位或队伍，请选别的
refusal-unknown-item = 目录里没有事项 { $item }
refusal-place-missing = 请说明地点：在地图上点、选社区，或写文字
refusal-place-wrong = 地点 { $place } 不在本街道
refusal-future = 上报时间在将来

# 出错
broken-title = 画面出了问题
broken-safe = 台账没有受影响：已确认的内容都在。
broken-go-on = 回到大厅

# 导入
import-title = 导入 { $file }
import-found = { $format } · { $columns } 列 · { $mb } MB
import-profile = 导入方案
import-guessed = 按列名猜测
import-profile-misfit = 这份文件缺少该方案要用的列
import-needs = 至少要指定上报时间一列
import-missing = 文件里没有这些列：{ $columns }
import-next = 下一步：对应事项
import-back = 返回
import-close = 关闭
import-types = 文件里有 { $n } 种类型，其中 { $open } 种还没有对应事项（未对应的行不导入，会列明原因）
import-narrow = 输入文字筛选类型
import-skip = 不导入这一类
import-skip-reason = 导入时选择不导入
import-choose = 请选择事项
import-try = 试导入（不写入）
import-save-as = 方案名
import-save = 保存方案
import-save-hint = 先给方案起个名字
import-saved = 已保存到 { $path }
import-no-folder = 找不到保存方案的文件夹
import-trying = 正在试导入，不写入台账…
import-importing = 正在导入…
import-rows = 已处理 { $n } 行
import-stop = 停止
import-stop-hint = 写完当前这一批后停止；已写入的保留，再次导入不会重复
import-tried = 试导入结果
import-imported-title = 导入完成
import-rejects-at = 未导入的行已写入 { $path }，改好后可以再导入
import-was-stopped = 已中途停止，只处理了一部分
import-go = 导入 { $n } 件
import-sum-rows = 文件行数
import-sum-imported = 导入
import-sum-known = 台账里已有
import-sum-rejected = 未导入
import-sum-outside = 其中位置在本街道以外
import-field-reported = 上报时间 *
import-field-type = 类型
import-field-text = 内容
import-field-key = 编号
import-field-area = 社区
import-field-lon = 经度
import-field-lat = 纬度
import-field-source = 来源
import-field-due = 办结期限
import-field-closed = 办结时间
import-field-status = 状态
import-field-address = 地址
import-field-none = （无）
import-field-more = 还有：{ $columns }
import-line = 行
import-reason-type-unmapped = 类型没有对应事项
import-reason-type-skipped = 方案规定不导入的类型
import-reason-type-missing = 没有类型
import-reason-time-missing = 没有上报时间
import-reason-time-unreadable = 时间读不懂
import-reason-time-too-early = 时间早于 1990 年
import-reason-time-in-future = 时间在将来
import-reason-time-order = 时间先后矛盾
import-reason-coordinates-unreadable = 坐标读不懂
import-reason-coordinates-off-globe = 坐标超出范围
import-reason-coordinates-swapped = 经纬度疑似颠倒
import-reason-key-missing = 没有编号
import-reason-key-repeated = 编号重复而内容不同
import-reason-too-long = 单元格过长
import-reason-invalid-bytes = 编码有误
import-reason-cell-count = 列数不对

# forms 录入
report-close = 收起，内容保留
report-close-hint = 收起表单，已填的内容留到下次打开；录入成功后才清空
report-kept = 这是上次没有录完的内容
report-clear = 清空重填
report-item = 1 事项
report-item-missing = 请选择事项
report-item-hint = 输入名称或编号，或用 ↑↓ 和回车选择
report-item-none = 没有符合的事项，换个词试试
report-all-domains = 全部领域
report-domain-back = 回到全部领域（在空框里按退格键也可以）
report-domain-count = { $n } 项
report-catalogue-note = 事项目录为重建稿，并非官方目录，编号、分类和时限仅供参考。
report-change = 改选
report-limit-working = { $hours } 工作时
report-limit-wall = { $hours } 小时
report-place = 2 地点
report-place-missing = 请说明地点：在地图上点、选社区，或写文字
report-by-map = 在地图上点
report-by-area = 选社区或街区
report-by-words = 只写文字
report-click-map = 请在地图上点一下案件所在的位置
report-point-again = 重新点
report-point-keep = 不改了
report-outside = 这一点不在本街道范围内，可以录入，但没有责任网格
report-area-hint = 输入名称筛选，↑↓ 选择，回车确定
report-area-none = 没有这样的社区或街区
report-stated-hint = 位置补充：门牌、楼栋、参照物（可不填）
report-stated-needed = 写明地点，如“观澜大道某某商铺门前”（必填）
report-source = 3 来源
report-note = 4 情况说明
report-note-hint = 什么情况、有没有危险、联系人（可不填）
report-note-count = { $n } / { $of } 字
report-photos = 5 照片
report-photo-add = 添加照片
report-send = 录入
report-missing = 还有必填内容

# forms 设置
settings-language = 语言
settings-chinese = 中文
settings-english = English
settings-theme = 配色
settings-dark = 深色
settings-light = 浅色
settings-scale = 界面大小
settings-smaller = 界面缩小
settings-larger = 界面放大
settings-motion = 动画
settings-motion-on = 用短动画说明变化
settings-seat-title = 本席
settings-seat = 席位名
settings-post = 岗位
settings-may = 可以：{ $deeds }
settings-may-report = 录入案件
settings-may-nothing = 只能查看，不办理案件
settings-comma = 、
settings-map-title = 地图
settings-about-title = 关于
about-version = 一盘棋 { $version }
about-licence = 程序以 MIT 或 Apache-2.0 许可发布。字体 Noto Sans SC（OFL 1.1），图标 Lucide（ISC）。
about-sources = 地名数据来自 GeoNames（CC BY 4.0）；其余来源和许可见 assets/LICENSES.md。

# forms 开始
deed-sample = 打开样例日 / 回到台账
welcome-title = 一盘棋 · 基层治理指挥调度
welcome-what = { $town }的指挥调度大厅：案件从上报、派遣、处置到核查结案，都在一张图上办理。台账里还没有案件，从这里开始：
welcome-import = 导入案件表格（CSV、XLSX）
welcome-report = 手工录入一件案件
welcome-sample = 打开样例日，先看一看
welcome-drop = 也可以把表格文件直接拖到窗口里。
sample-bar = 样例日：案件都是编造的，在这里做的任何操作都不会进入您的台账
sample-back = 回到我的台账

# shell
shell-no-assets = 找不到程序自带的资料（assets/town/guanlan）。请用 --town DIR 指定街道资料目录，或把环境变量 YIPANQI_HOME 设为含有 assets 的目录。
shell-town-broken = 街道资料 { $dir } 有 { $n } 处错误，没有载入：
shell-no-data-folder = 系统没有给出用户数据目录。请用 --db FILE 指定台账文件。
shell-no-book = 没有台账 { $path }。先导入文件（yipanqi import），或打开一次大厅；也可用 --db FILE 指定别的台账。
shell-no-case = 台账里没有 { $case } 号案件
shell-no-cases = 没有符合条件的案件
shell-verify-ok = 台账完好：{ $entries } 条记录，{ $cases } 件案件，重新推算与案件表一致
shell-verify-damaged = 台账有误：{ $entries } 条记录，{ $cases } 件案件
shell-backup-done = 已备份到 { $path }（{ $bytes } 字节）
shell-picture-done = 已画到 { $path }（{ $size } 像素）
shell-column-number = 编号
shell-column-class = 类
shell-column-stage = 状态
shell-column-time = 时限
shell-column-reported = 上报时间
shell-column-item = 事项
shell-column-place = 位置
shell-settings-aside = 读不出设置，已恢复默认：{ $why }
shell-no-driver = 打不开窗口，没有可用的 Vulkan 驱动（{ $why }）。在 Debian 或 Ubuntu 上安装：sudo apt-get install mesa-vulkan-drivers
shell-no-display = 打不开窗口，没有可用的桌面显示（{ $why }）。请在桌面会话里启动；没有桌面时可把大厅画成图片：yipanqi picture --out hall.png
shell-window-broke = 窗口系统出错。在 Debian 或 Ubuntu 上可能缺少：sudo apt-get install libxkbcommon-x11-0 libwayland-client0；也可把大厅画成图片：yipanqi picture --out hall.png
shell-dry-run = 试运行，什么都没有写入：
shell-import-sums = { $rows } 行：导入 { $imported }，已在台账 { $known }，未导入 { $rejected }
shell-import-more = 其中未结案 { $open }，在街道范围外 { $outside }，没有准确位置 { $pointless }
shell-rejects-hint = 以上是 { $rejected } 行未导入中的 { $shown } 行。加上 --rejects FILE，未导入的行会连同行号、列名和原因写成表格，改好后可再导入。
shell-rejects-is-book = { $path } 就是台账，不能写入未导入的行；请换一个文件
shell-no-profile = 没有导入方案 { $name }。现有方案：{ $known }；方案放在：{ $dirs }
